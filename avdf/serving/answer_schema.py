"""What `POST /predict` answers, as a JSON schema: the keys of a result of `avdf predict --timeline`."""

from typing import Any

from avdf.serving.receiving import FIELD

_SPAN = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in ("start_s", "end_s", "score")},
    "required": ["start_s", "end_s", "score"],
}
_SPANS = {"type": "array", "items": _SPAN}
_STRINGS = {"type": "array", "items": {"type": "string"}}
_VERDICT = {"enum": ["inside", "rare", "outside"]}
_MEASURE = {
    "type": "object",
    "properties": {"value": {"type": "number"}, "share_below": {"type": "number"}, "verdict": _VERDICT},
    "required": ["value", "share_below", "verdict"],
}
_CODEC = {
    "type": "object",
    "properties": {"value": {"type": "string"}, "share": {"type": "number"}, "verdict": _VERDICT},
    "required": ["value", "share", "verdict"],
}
_DISTANCE = {
    "type": ["object", "null"],
    "properties": {
        "verdict": _VERDICT,
        "words": _STRINGS,
        "measures": {"type": "object", "additionalProperties": _MEASURE},
        "audio_codec": _CODEC,
    },
    "required": ["verdict", "words", "measures", "audio_codec"],
}
_SCORE = ["number", "null"]
Keys = dict[str, tuple[str | list[str] | dict[str, Any], str]]  # key: type (or schema), and its meaning
KEYS: Keys = {
    "path": ("string", "the name of the file"),
    "score": ("number", "0 to 1, higher is more fake; no probability"),
    "called_fake": ("boolean", "whether the score is at or above the threshold"),
    "call": ({"enum": ["fake", "real"]}, "the call"),
    "threshold": ("number", "of the detector, chosen on its validation people"),
    "llr": (_SCORE, "log-likelihood ratio, natural logarithm, above 0 where it speaks for fake"),
    "probability_fake": (_SCORE, "where `prevalence` of such files are fake"),
    "prevalence": ("number", "the share of fakes that the probability is for"),
    "words": ("string", "the call, the probability and the doubt in one sentence"),
    "training_distance": (_DISTANCE, "how far the file is from the sound of the training"),
    "seconds": ("number", "length of the sound"),
    "segments": (_SPANS, "each crop that was scored"),
    "timeline": (_SPANS, "the score of every half second"),
    "stretches": (_SPANS, "runs of half seconds that are called fake, with their highest score"),
    "warnings": (_STRINGS, "what is doubtful about the sound"),
    "whole": ({"enum": ["mean", "max"]}, "how the score is made of the crops"),
    "detector": ("string", "first 12 digits of the hash of the weights"),
    "avdf_version": ("string", "of the program that judged"),
    "judged_at": ({"type": "string", "format": "date-time"}, "when, in UTC"),
    "reasons": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        "by key, why a value is null",
    ),
    "error": ("null", "a file without a score has a status of 4xx and a `detail` instead"),
}
# Of a detector that looks at frames; null where the file lacks the sound or the picture.
OF_EYES: Keys = {
    "has_audio": ("boolean", "whether the file has sound that can be heard"),
    "has_video": ("boolean", "whether the file has a picture"),
    "score_audio_alone": (_SCORE, "the score of the sound without the picture"),
    "score_video_alone": (_SCORE, "the score of the picture without the sound"),
    "score_audio": (_SCORE, "by the head of the sound, of a detector with heads"),
    "score_video": (_SCORE, "by the head of the picture, of a detector with heads"),
    "speaks_for_fake": ({"type": "array", "items": {"enum": ["audio", "video"]}}, "which of them does"),
}
_REFUSALS = {
    408: "the file did not arrive in time",
    413: "the file is too large, or its sound too long",
    415: "the request is no form",
    422: "the file can't be read or heard, or the form holds none",
    503: "as many files as may wait are waiting; Retry-After says when to try again",
}


def operation() -> dict[str, Any]:
    """What OpenAPI says of `POST /predict`."""
    file = {"type": "string", "format": "binary", "description": "a sound or video file"}
    form = {"type": "object", "properties": {FIELD: file}, "required": [FIELD]}
    detail = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
    responses: dict[str, Any] = {"200": _response("the result of the file", answer_schema())}
    responses |= {str(status): _response(words, detail) for status, words in _REFUSALS.items()}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": responses,
    }


def answer_schema() -> dict[str, Any]:
    """The schema of an answer: each key that can occur; those of eyes may be missing."""
    properties = {
        name: {**(kind if isinstance(kind, dict) else {"type": kind}), "description": words}
        for name, (kind, words) in (KEYS | OF_EYES).items()
    }
    return {"type": "object", "properties": properties, "required": list(KEYS)}


def _response(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
