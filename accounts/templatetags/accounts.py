"""Template filters about sessions."""

from django import template

from accounts.sessions.user_agents import device

register = template.Library()
register.filter(device)
