"""The addresses of sharing."""

from __future__ import annotations

from django.urls import path

from features.sharing.views import files, previews, share_page, shares, visit, vote
from features.sharing.views.review import answers, posts
from features.sharing.views.review import pages as review_pages

app_name = "sharing"
urlpatterns = [
    path("shares/", shares.SHARES.index, name="shares"),
    path("shares/<uuid:pk>/", share_page.edit_share, name="own-share"),
    path("shares/<uuid:pk>/address/", share_page.address, name="own-share-address"),
    path("shares/<uuid:pk>/revocation/", shares.SHARES.deletion, name="own-share-revocation"),
    path("shares/<uuid:pk>/review/", answers.list_answers, name="answers"),
    path("shares/<uuid:pk>/review/closing/", answers.closing, name="answers-closing"),
    path("shares/<uuid:pk>/comments/<uuid:comment_id>/", answers.comment, name="answers-comment"),
    path("shares/<uuid:pk>/comments/<uuid:comment_id>/making/", answers.making, name="making"),
    path("shares/<uuid:pk>/review/export/", answers.export, name="answers-export"),
    path(
        "shares/<uuid:pk>/review/<int:number>/versions/", answers.sending, name="answers-versions"
    ),
    path(
        "shares/<uuid:pk>/review/<int:number>/retraction/",
        answers.retraction,
        name="answers-retraction",
    ),
    path("shares/answers/<uuid:run_id>/", answers.answer, name="answer"),
    path("robots.txt", previews.robots, name="robots"),
    path("s/<str:token>/", visit.share, name="share"),
    path("s/<str:token>/password/", visit.password, name="share-password"),
    path("s/<str:token>/picture.jpg", previews.picture, name="share-preview"),
    path("s/<str:token>/archive/", visit.archive, name="share-archive"),
    path("s/<str:token>/items/<int:number>/", visit.item, name="share-item"),
    path("s/<str:token>/files/<int:number>/3d/", visit.mesh, name="share-mesh"),
    path("s/<str:token>/files/<int:number>/", files.file, name="share-file"),
    path("s/<str:token>/files/<int:number>/thumbnail/", files.thumbnail, name="share-thumbnail"),
    path("s/<str:token>/files/<int:number>/poster/", files.poster, name="share-poster"),
    path("s/<str:token>/rows/", vote.rows, name="share-rows"),
    path("s/<str:token>/vote/", vote.vote, name="share-vote"),
    path("s/<str:token>/vote/retraction/", vote.retraction, name="share-vote-retraction"),
    path("s/<str:token>/vote/files/<str:ballot_token>/", vote.file, name="share-vote-file"),
    path("s/<str:token>/pictures/<int:number>/", files.picture, name="share-picture"),
    path("s/<str:token>/review/", review_pages.render_review, name="review"),
    path("s/<str:token>/review/<int:number>/", review_pages.item, name="review-item"),
    path("s/<str:token>/review/picks/", posts.picks, name="review-picks"),
    path("s/<str:token>/review/ratings/", posts.ratings, name="review-ratings"),
    path("s/<str:token>/review/completion/", posts.completion, name="review-completion"),
    path("s/<str:token>/review/comments/", posts.new_comment, name="review-comments"),
    path("s/<str:token>/review/comments/<uuid:comment_id>/", posts.comment, name="review-comment"),
    path(
        "s/<str:token>/review/comments/<uuid:comment_id>/deletion/",
        posts.comment_deletion,
        name="review-comment-deletion",
    ),
    path(
        "s/<str:token>/review/comments/<uuid:comment_id>/recovery/",
        posts.comment_recovery,
        name="review-comment-recovery",
    ),
    path(
        "s/<str:token>/review/comments/<uuid:comment_id>/resolution/",
        posts.comment_resolution,
        name="review-comment-resolution",
    ),
    # What is wrong below a share shows a stranger no page of the house either.
    path("s/<path:rest>/", visit.unknown, name="share-unknown"),
]
