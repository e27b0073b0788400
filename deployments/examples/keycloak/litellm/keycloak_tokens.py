"""Accepts Keycloak's access tokens as LiteLLM credentials, by signature, issuer, audience and expiry, and the master key."""

import os
import secrets

import jwt
from fastapi import HTTPException, Request
from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth

ISSUER = os.environ["TOKEN_ISSUER"]
AUDIENCE = os.environ["TOKEN_AUDIENCE"]
MASTER_KEY = os.environ["LITELLM_MASTER_KEY"]
KEYS = jwt.PyJWKClient(os.environ["TOKEN_KEYS"], cache_keys=True, lifespan=300, timeout=5)
REQUIRED = {"require": ["exp", "iat", "sub"]}


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    if request.url.path.startswith(("/health/liv", "/health/readi")):
        return UserAPIKeyAuth(user_role=LitellmUserRoles.INTERNAL_USER_VIEW_ONLY)
    token = (api_key or "").removeprefix("Bearer ").strip()
    if secrets.compare_digest(token.encode(), MASTER_KEY.encode()):
        return UserAPIKeyAuth(api_key=token, user_id="admin", user_role=LitellmUserRoles.PROXY_ADMIN)
    try:
        key = KEYS.get_signing_key_from_jwt(token).key
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, options=REQUIRED)
    except jwt.PyJWKClientConnectionError as error:
        raise HTTPException(status_code=503, detail="Keycloak's keys can't be read") from error
    except jwt.PyJWTError as error:
        raise HTTPException(status_code=401, detail=f"the token is refused: {type(error).__name__}") from error
    user = claims["sub"]
    return UserAPIKeyAuth(api_key=f"keycloak-{user}", user_id=user, user_role=LitellmUserRoles.INTERNAL_USER)
