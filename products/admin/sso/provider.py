"""The one provider that the settings name, as django-allauth speaks to it.

allauth leads to the provider and fetches the answer: state, PKCE, discovery, the code for the
token. What it would do with its own tables (accounts, addresses, links) is left to our actions: no
row of its models is written or read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from requests import Session

from products.actions.identities import ProvedIdentity
from products.admin.sso.discovery import DISCOVERY, fetched
from products.admin.sso.tokens import UnprovedError, identity_proved_by

SCOPES = ["openid", "profile", "email"]
WELL_KNOWN = "/.well-known/openid-configuration"


class Conversation(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """What is fetched from the provider, and what it proves."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Its own description, the same for as long as this conversation lasts.

        Raises:
            RequestException: it does not answer, or not with JSON.
            UnprovedError: it is another issuer's, or sends people to an address without TLS.
        """
        if not hasattr(self, "_openid_config"):
            self._openid_config = DISCOVERY.description(self.get_provider().server_url)
        return dict(self._openid_config)

    @property
    def basic_auth(self) -> bool:
        """Basic is what a provider that does not say takes (OpenID Connect Discovery 1.0)."""
        methods = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not isinstance(methods, list) or "client_secret_post" not in methods

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        protocol = "https" if settings.HTTPS else None
        return str(build_absolute_uri(request, reverse("sso:callback"), protocol))

    def prove(self, state: dict[str, Any]) -> ProvedIdentity:
        """Exchange the code in the request for the token, and read whom that proves.

        Raises:
            RequestException: the provider does not answer.
            OAuth2Error: it refuses the code.
            UnprovedError: the token proves nobody.
        """
        app = self.get_provider().app
        try:
            answer = self.get_access_token_data(
                self.request,
                app,
                self.get_client(self.request, app),
                pkce_code_verifier=state["pkce_code_verifier"],
            )
            token = answer.get("id_token")
        # allauth reads the answer as if it were well formed.
        except (KeyError, TypeError, AttributeError) as error:
            raise UnprovedError("the answer to the code cannot be read") from error
        return identity_proved_by(
            token,
            fetched(self.openid_config["jwks_uri"]),
            issuer=settings.SSO_ISSUER,
            client_id=settings.SSO_CLIENT_ID,
            nonce=state["data"]["nonce"],
            max_age=timedelta(minutes=settings.SSO_MAX_AGE_MINUTES),
            at=timezone.now(),
        )


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    oauth2_adapter_class = Conversation

    @property
    def server_url(self) -> str:
        return settings.SSO_ISSUER.rstrip("/") + WELL_KNOWN


class ConfiguredProvider(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What allauth asks for its provider and its connections."""

    def get_provider(
        self, request: HttpRequest, provider: str = "", client_id: str | None = None
    ) -> Provider:
        """From the settings, as an object that is never saved."""
        app = SocialApp(
            provider="openid_connect",
            provider_id="sso",
            name=settings.SSO_NAME,
            client_id=settings.SSO_CLIENT_ID,
            secret=settings.SSO_CLIENT_SECRET,
            settings={"server_url": settings.SSO_ISSUER, "oauth_pkce_enabled": True},
        )
        return Provider(request, app=app)

    def get_requests_session(self) -> Session:
        """With allauth's time limit, and led to no other address."""
        session: Session = super().get_requests_session()
        session.max_redirects = 0
        return session
