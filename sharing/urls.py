"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from sharing.views import files, visit
from sharing.views.review import answers, pages, posts

app_name = "sharing"
urlpatterns = [
    path("shares/<uuid:pk>/review/", answers.page, name="answers"),
    path("shares/<uuid:pk>/review/closing/", answers.closing, name="answers-closing"),
    path("shares/<uuid:pk>/review/export/", answers.export, name="answers-export"),
    path(
        "shares/<uuid:pk>/review/<int:number>/versions/",
        answers.versions_of_item,
        name="answers-versions",
    ),
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
    path("s/<str:token>/review/", pages.page, name="review"),
    path("s/<str:token>/review/<int:number>/", pages.item, name="review-item"),
    path("s/<str:token>/review/picks/", posts.picks, name="review-picks"),
    path("s/<str:token>/review/ratings/", posts.ratings, name="review-ratings"),
    path("s/<str:token>/review/completion/", posts.completion, name="review-completion"),
    path("s/<str:token>/review/comments/", posts.new_comment, name="review-comments"),
    path("s/<str:token>/review/comments/<uuid:pk>/", posts.comment, name="review-comment"),
    path(
        "s/<str:token>/review/comments/<uuid:pk>/deletion/",
        posts.comment_deletion,
        name="review-comment-deletion",
    ),
    path(
        "s/<str:token>/review/comments/<uuid:pk>/recovery/",
        posts.comment_recovery,
        name="review-comment-recovery",
    ),
    path(
        "s/<str:token>/review/comments/<uuid:pk>/resolution/",
        posts.comment_resolution,
        name="review-comment-resolution",
    ),
]
