"""Favourites, collections and notes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models.endpoint import Endpoint
from catalog.models.querysets import CollectionItemQuerySet, CollectionQuerySet, FavouriteQuerySet
from core.db.recoverable import NotDeleted, Recoverable


class Favourite(models.Model):
    """A user's favourite endpoint; stored here, as fal has no API for it (protocol, 3.5)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="favourites", verbose_name="model"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FavouriteQuerySet.as_manager()

    class Meta:
        verbose_name = "star"
        constraints = [
            models.UniqueConstraint(fields=["user", "endpoint"], name="favourite_once_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} ★ {self.endpoint_id}"


class Collection(models.Model):
    """Endpoints that a curator recommends, in an order, for the front page."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_published = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cover = models.ForeignKey(
        Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)
    position = models.PositiveIntegerField(default=0)
    endpoints = models.ManyToManyField(Endpoint, through="CollectionItem", related_name="+")

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The collection's page."""
        return reverse("catalog:collection", args=[self.slug])


class CollectionItem(models.Model):
    """One endpoint's place in a collection, with the curator's note."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="+", verbose_name="model"
    )
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=255, blank=True)

    objects = CollectionItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "endpoint"], name="endpoint_once_per_collection"
            )
        ]

    def __str__(self) -> str:
        return str(self.endpoint)


class Note(Recoverable):
    """A user's note about an endpoint, visible to everybody."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="notes", verbose_name="model"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = NotDeleted["Note"]()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]
