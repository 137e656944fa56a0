"""What pages show of an answer: facets and chips, marks, and fragments kept per revision."""
