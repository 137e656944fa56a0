"""How deliveries leave: composed, signed, sent to vetted addresses, tried again."""
