"""The main journey in Firefox and WebKit, which Playwright drives only in builds of its own."""
