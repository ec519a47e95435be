//! The built-in bodies: support-desk prompts, byte for byte the ones that `input.py` sends.
//!
//! Each choice is a byte of SHA-256 of `seed:index`, which Python and Rust agree on.

use sha2::{Digest, Sha256};

/// What the model is asked to do.
const TASKS: [&str; 8] = [
    "Summarise the ticket below in two sentences for the shift handover.",
    "Classify the sentiment of the customer message and justify the label.",
    "Draft a polite reply that answers every question the customer asks.",
    "Extract all order numbers, dates and amounts from the text as a list.",
    "Translate the message into plain English without losing any detail.",
    "Decide whether the case needs a human agent and explain why.",
    "List the troubleshooting steps already taken and propose the next one.",
    "Write a short title for this conversation that a colleague can search for.",
];

/// What the customer wrote.
const SENTENCES: [&str; 16] = [
    "The parcel was marked as delivered on Monday, but nobody at the address received it.",
    "I have restarted the router twice and the light on the left still blinks orange.",
    "My invoice shows the annual plan although I switched to monthly billing in March.",
    "The app closes by itself whenever I open the second tab of the report.",
    "Your colleague promised a call back within 24 hours and that was a week ago.",
    "We need the export in UTF-8 because our accounting system rejects other encodings.",
    "The replacement part does not fit the model that is printed on the device.",
    "Could you confirm that the refund goes to the card that I used for the order?",
    "Since the last update the battery drops from 80 to 20 percent in one hour.",
    "Please keep my account open, I only want to cancel the additional seats.",
    "The attached log was recorded during the outage on the evening of the 14th.",
    "Nobody in our team can sign in with the new identity provider, the page stays blank.",
    "I would rather exchange the item for the larger size than send it back.",
    "The discount code from the newsletter is refused with the message 'not eligible'.",
    "Our warehouse closes at 16:30, so a later delivery slot is of no use to us.",
    "When I dial the number from the letter I end up in the wrong department.",
];

/// The request body for one index, 200 to 1,200 bytes long.
pub(super) fn body(seed: u64, index: u64) -> Vec<u8> {
    let digest = Sha256::digest(format!("{seed}:{index}"));
    let pick = |place: usize| usize::from(digest[place]);
    let count = 1 + pick(1) % 12;
    let message: Vec<_> = (0..count).map(|i| SENTENCES[pick(4 + i) % SENTENCES.len()]).collect();
    let (task, message) = (TASKS[pick(0) % TASKS.len()], message.join(" "));
    let max_tokens = 64 + 32 * (pick(2) % 7);
    // Spaced as Python's json.dumps spaces it; the texts hold nothing that JSON escapes.
    format!(
        "{{\"id\": \"req-{index:06}\", \"model\": \"support-assistant-7b\", \
         \"prompt\": \"{task}\\n\\n{message}\", \"max_tokens\": {max_tokens}, \"temperature\": 0.0}}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_is_json_and_its_own() {
        let bodies: Vec<_> = (0..600).map(|index| body(7, index)).collect();
        for body in &bodies {
            assert!(serde_json::from_slice::<serde_json::Value>(body).is_ok());
            assert!((200..1_200).contains(&body.len()), "{}", body.len());
        }
        let distinct: std::collections::HashSet<_> = bodies.iter().collect();
        assert_eq!(distinct.len(), bodies.len());
        assert_ne!(body(7, 0), body(8, 0), "the seed counts");
    }
}
