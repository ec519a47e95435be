"""All clients by name, spanload first."""

from client_ab import Ab
from client_hey import Hey
from client_k6 import K6
from client_oha import Oha
from client_spanload import Spanload
from client_vegeta import Vegeta
from client_wrk import Wrk

CLIENTS = {client.name: client for client in (Spanload, Oha, Wrk, Ab, Hey, Vegeta, K6)}
