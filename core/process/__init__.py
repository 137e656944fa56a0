"""Set-up of long-lived processes: event loop, memory, file limits, helper processes."""
