"""Tests of projects, and the people in them."""
