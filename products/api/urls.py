"""Addresses of the API. What is not listed here is refused with 401 or 404 as a problem."""

from __future__ import annotations

from django.urls import path, re_path, register_converter

from products.api import (
    accounts,
    amendments,
    dispositions,
    donors,
    equipment,
    evaluations,
    evidence,
    holds,
    investigations,
    lots,
    methods,
    products,
    results,
    reviews,
    runs,
    samples,
    sources,
    specifications,
)
from products.api.addresses import RecordName, SmallNumber
from products.api.schema import SchemaView, swagger_page
from products.api.surface import UnknownAddress

register_converter(RecordName, "name")
register_converter(SmallNumber, "number")

app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("schema/ui/", swagger_page, name="swagger"),
    path("lots/", lots.Lots.as_view(), name="lots"),
    path("lots/<name:lot>/", lots.OneLot.as_view(), name="lot"),
    path("lots/<name:lot>/evaluation/", evaluations.LotEvaluation.as_view(), name="evaluation"),
    path("lots/<name:lot>/results/", results.LotResults.as_view(), name="results"),
    path("lots/<name:lot>/samples/", samples.SamplesOfLot.as_view(), name="samples-of-lot"),
    path("lots/<name:lot>/stability-study/", lots.StabilityStudy.as_view()),
    path("lots/<name:lot>/reviews/", reviews.Reviews.as_view()),
    path("lots/<name:lot>/holds/", holds.Holds.as_view()),
    path("lots/<name:lot>/holds/<number:hold>/lift/", holds.Lift.as_view()),
    path("lots/<name:lot>/void/", amendments.Voiding.as_view()),
    path("lots/<name:lot>/release/", dispositions.Release.as_view()),
    path("lots/<name:lot>/reject/", dispositions.Rejection.as_view()),
    path("samples/", samples.Samples.as_view()),
    path("samples/<name:sample>/", samples.OneSample.as_view(), name="sample"),
    path("samples/<name:sample>/runs/", runs.RunsOfSample.as_view()),
    path("runs/", runs.Runs.as_view()),
    path("runs/<name:run>/", runs.OneRun.as_view(), name="run"),
    path("runs/<name:run>/readings/", runs.Readings.as_view()),
    path("runs/<name:run>/submit/", runs.Submission.as_view()),
    path("runs/<name:run>/discard/", runs.Discard.as_view()),
    path("runs/<name:run>/correct/", amendments.Correction.as_view()),
    path("runs/<name:run>/retract/", amendments.Retraction.as_view()),
    path("runs/<name:run>/return/", runs.Return.as_view()),
    path("runs/<name:run>/report/", runs.Report.as_view()),
    path("runs/<name:run>/investigations/", investigations.InvestigationsOfRun.as_view()),
    path("amendments/", amendments.Amendments.as_view()),
    path("amendments/<name:amendment>/", amendments.OneAmendment.as_view(), name="amendment"),
    path("amendments/<name:amendment>/sign/", amendments.SecondSign.as_view()),
    path("evidence/", evidence.Files.as_view()),
    path("evidence/<uuid:evidence>/", evidence.OneFile.as_view(), name="evidence"),
    path(
        "evidence/<uuid:evidence>/content/",
        evidence.Content.as_view(),
        name="evidence-content",
    ),
    path("investigations/", investigations.Investigations.as_view()),
    path("investigations/<name:investigation>/", investigations.OneInvestigation.as_view()),
    path("investigations/<name:investigation>/conclude/", investigations.Conclusion.as_view()),
    path("donors/", donors.Donors.as_view()),
    path("donors/<name:donor>/", donors.OneDonor.as_view()),
    path("donors/<name:donor>/determinations/", donors.Determinations.as_view()),
    path("sources/", sources.Sources.as_view()),
    path("sources/<name:source>/", sources.OneSource.as_view()),
    path("products/", products.Products.as_view()),
    path("products/<name:product>/", products.OneProduct.as_view()),
    path("specifications/", specifications.Specifications.as_view()),
    path(
        "specifications/<name:product>/<number:specification>/",
        specifications.OneSpecification.as_view(),
        name="specification",
    ),
    path(
        "specifications/<name:product>/<number:specification>/approve/",
        specifications.SpecificationApproval.as_view(),
    ),
    path("methods/", methods.Methods.as_view()),
    path("methods/<name:method>/", methods.OneMethod.as_view()),
    path("methods/<name:method>/versions/", methods.MethodVersions.as_view()),
    path(
        "methods/<name:method>/versions/<number:version>/approve/", methods.MethodApproval.as_view()
    ),
    path(
        "methods/<name:method>/versions/<number:version>/retire/",
        methods.MethodRetirement.as_view(),
    ),
    path("instruments/", equipment.Instruments.as_view()),
    path("media-lots/", equipment.MediaLots.as_view()),
    path("sites/", accounts.Sites.as_view()),
    path("persons/", accounts.Persons.as_view()),
    path("accounts/", accounts.Accounts.as_view()),
    path("accounts/<name:username>/roles/", accounts.AccountRoles.as_view()),
    path("accounts/<name:username>/active/", accounts.AccountActive.as_view()),
    path("accounts/<name:username>/password/", accounts.AccountReset.as_view()),
    path("own-password/", accounts.OwnPassword.as_view()),
    path("tokens/", accounts.Tokens.as_view()),
    path("tokens/<name:token_key>/revoke/", accounts.Revocation.as_view()),
    re_path(r"^.*\Z", UnknownAddress.as_view()),
]
