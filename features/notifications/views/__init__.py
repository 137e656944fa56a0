"""The pages of notifications: the inbox, and the settings of channels."""
