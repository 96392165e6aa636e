"""All addresses of the site."""

from django.urls import path

from stock import views

urlpatterns = [path("health/", views.health), path("parts/", views.parts)]
