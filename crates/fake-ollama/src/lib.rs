//! fake-ollama
