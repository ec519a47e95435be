"""Writes a tokenizer of words, so that nothing has to be fetched from a hub."""

import sys

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

WORDS = ("[UNK]", "[PAD]", "hello", "number", "a", "b", "c", "d")

tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "bos_token": "[PAD]", "eos_token": "[PAD]"}
PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(sys.argv[1])
