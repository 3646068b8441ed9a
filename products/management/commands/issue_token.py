"""`issue_token`: a token that reads, for an auditor, issued by an administrator."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from products.actions.base import Context
from products.actions.lookups import find_account
from products.actions.tokens import issue_token
from products.domain.accounts import TokenKind, TokenScope
from products.domain.errors import DomainError


class Command(BaseCommand):
    help = (
        "Issue a token of scope read for an account, and show its secret once. Who runs this acts "
        "as the administrator named; the trail says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="the administrator who issues it"
        )
        parser.add_argument(
            "--for", required=True, metavar="USERNAME", dest="owner", help="whose token it is"
        )
        parser.add_argument("--purpose", required=True, help="what it is for, as listed")
        parser.add_argument(
            "--code", default="", help="of the administrator's app, who has a second factor"
        )
        parser.add_argument("--days", type=int, default=90, help="how long it lasts; default 90")

        parser.add_argument(
            "--product",
            action="append",
            default=[],
            metavar="CODE",
            help="bind the token to this product; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token, secret = issue_token(
                Context(
                    actor=find_account(options["by"], "by"),
                    reason=f"Issued on the command line: {options['purpose']}",
                    at=timezone.now(),
                    request_id=f"command-{uuid4()}",
                    second_factor=options["code"],
                ),
                username=find_account(options["owner"], "for").username,
                kind=TokenKind.PERSONAL,
                scope=TokenScope.READ,
                purpose=options["purpose"],
                days=options["days"],
                products=options["product"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        what = f" {', '.join(token.products)}" if token.products else ""
        self.stdout.write(
            f"{token.user.username} may read{what} until {token.expiry:%Y-%m-%d %H:%M} UTC."
        )
        self.stdout.write(f"Token, shown only now: {secret}")
