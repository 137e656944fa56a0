"""What remains of chats: the migrations that turn them into series and drop their tables."""
