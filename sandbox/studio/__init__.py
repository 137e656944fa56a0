"""Where the models' work is done. Modules here may import heavy libraries; nothing imports them early."""
