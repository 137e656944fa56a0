"""Browser tests of chats, flows, workflows and training."""
