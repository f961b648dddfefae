"""What each problem type means and what to do next: the text of `/problems/<code>`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Explanation:
    """`happened` and `next` are whole sentences for people."""

    title: str
    happened: str
    next: str


PROBLEMS: Final = {
    "malformed-json": Explanation(
        "The body is not clean JSON",
        "The text is no JSON, or it can be read in two ways: a member twice, NaN, a number too large,"
        " a cut-off document, text that is not UTF-8.",
        "Look at the place that `pointer` or the detail names, mend it at the sender and send it again.",
    ),
    "malformed-input": Explanation(
        "A value breaks a rule",
        "`pointer` names the member, `rule` the rule it breaks and `clause` where the rule comes from.",
        "Mend that one value at its source and send the record again. A refused record also waits in"
        " quarantine, from where it can be replayed.",
    ),
    "malformed-identifier": Explanation(
        "The number is not a GS1 identifier",
        "A GTIN has 14 digits with a check digit; a serial has 1 to 20 characters.",
        "Compare the number with the label. For a typed number, check for swapped digits.",
    ),
    "malformed-date": Explanation(
        "Not a day to look back to",
        "`at` is no day of a calendar, has no time zone, or has not come yet.",
        "Give a day as YYYY-MM-DD, such as 2026-11-01, which means its end in UTC; or a time with its zone,"
        " such as 2026-11-01T08:00:00Z. In an address, write + as %2B.",
    ),
    "too-large": Explanation(
        "Too large",
        "The body is larger than what is taken here: 1 MB.",
        "Send records one by one; keep raw logs with you and send their digest.",
    ),
    "incomplete-passport": Explanation(
        "Required attributes are missing",
        "`missing` lists each with the article that asks for it and who can supply it.",
        "Send the missing values. The passport issues itself as soon as it is complete and stamped OK.",
    ),
    "conflict": Explanation(
        "The same identifier was used for something else",
        "A record id, an account, a plant or a serial exists already with other content.",
        "Give the new record an id of its own. A correction is a new record with a later `sentAt`.",
    ),
    "rejected": Explanation(
        "Not taken",
        "The request cannot be taken as it is.",
        "Read the detail, mend the request, send it again.",
    ),
    "busy": Explanation(
        "Too much of this at once",
        "Checking some signatures takes time, and as many documents as may are waiting. Reading goes on.",
        "Try again after the seconds that `Retry-After` names.",
    ),
    "quarantined": Explanation(
        "Set aside",
        "The record was refused and kept in quarantine.",
        "Mend it there or at its source, then replay it.",
    ),
    "not-found": Explanation(
        "Nothing here",
        "There is no such thing, or it is not for you to read. Both have the same answer.",
        "Compare the number with the label. If you have an account, sign in.",
    ),
    "unauthenticated": Explanation(
        "Sign in first",
        "The request needs an account or a plant's token, and had none that is known.",
        "Sign in, or send the plant's token in the Authorization header.",
    ),
    "forbidden": Explanation(
        "Not with this role",
        "You are signed in, and your role does not include this.",
        "Ask the operator of this service for the right role.",
    ),
    "insufficient-scope": Explanation(
        "The token does not include this",
        "The token is known, and was made for other work: `scope` names what it lacks.",
        "Ask the operator for a token or client with that scope: `passport clients add`.",
    ),
    "kind-not-allowed": Explanation(
        "Not this kind of record",
        "The token of the sender takes records of other kinds alone, which `kinds` names. The record waits in"
        " quarantine.",
        "Send it with a token that has the scope of its kind, or let the maker replay it from quarantine.",
    ),
    "rate-limited": Explanation(
        "Too many tries",
        "This was tried too often in a short time.",
        "Wait as long as Retry-After says, then try again.",
    ),
    "store-full": Explanation(
        "The disk is full",
        "The disk that this service keeps its data on is full. What is stored can be read.",
        "Send the same again after the seconds that `Retry-After` names: it is stored once. The operator"
        " makes room.",
    ),
    "store-away": Explanation(
        "The database does not answer",
        "The database is away, or held by another process for too long.",
        "Send the same again after the seconds that `Retry-After` names: it is stored once.",
    ),
    "cannot-sign": Explanation(
        "Nothing can be signed now",
        "No signing key is in use, or the token or service that holds it does not answer. Records are kept,"
        " and what was issued can still be read.",
        "Send the same record again later: it is stored once. The operator sees on the line's board what is"
        " wrong, and puts a key into use with `passport keys`.",
    ),
    "not-configured": Explanation(
        "Not ready",
        "The service misses a setting, a key or a trust list.",
        "The operator finds the missing part in the log, by the reference.",
    ),
    "unreadable-label": Explanation(
        "The label does not read back",
        "A code was drawn but does not say what the passport says, so it is not handed out.",
        "Report it to the operator with the reference; do not print an older picture.",
    ),
    "proof-invalid": Explanation(
        "A signature does not hold",
        "A document was signed, and the check of it failed. Nothing was published.",
        "Report it to the operator with the reference.",
    ),
    "trust-list-refused": Explanation(
        "The trust list does not hold",
        "A trust list is older than one that was seen before, has ended, or lacks a signature of the root.",
        "The operator signs a new one with the root key.",
    ),
    "bad-request": Explanation(
        "Not a request that can be read",
        "The address or the header lines are not well formed.",
        "Compare the request with the description of the API, and send it again.",
    ),
    "method-not-allowed": Explanation(
        "Not with this method",
        "The address exists, and does not take GET, POST or whatever was used.",
        "`Allow` in the answer names the methods that it takes.",
    ),
    "not-acceptable": Explanation(
        "Not in that form",
        "There is no answer in the form that the Accept header asks for.",
        "Ask for text/html, application/vc or application/json.",
    ),
    "unsupported-media-type": Explanation(
        "Not in that form",
        "The body has another type than is taken here, or a Content-Encoding.",
        "Send records as application/json and credentials as application/vc, uncompressed.",
    ),
    "length-required": Explanation(
        "The length is missing",
        "The request has a body and does not say how long it is.",
        "Send Content-Length.",
    ),
    "address-too-long": Explanation(
        "The address is too long",
        "An address here has at most 2048 characters.",
        "Open the address of the label as it is printed.",
    ),
    "headers-too-large": Explanation(
        "The header lines are too long",
        "The browser sent more header lines, or longer ones, than are taken here.",
        "Delete the cookies of this site and load the page again.",
    ),
    "wrong-host": Explanation(
        "Another host was meant",
        "This server answers for one host name, the one in its passports' addresses.",
        "Use the address on the label. The operator finds the name in settings.json.",
    ),
    "forked-log": Explanation(
        "The public log does not fit what was signed",
        "What the database holds is not a continuation of the newest checkpoint. No new one is signed.",
        "The operator runs `passport log verify`, which names the first entry that is not as it was, and"
        " follows docs/runbooks/forked-log.md.",
    ),
    "internal": Explanation(
        "Something went wrong here",
        "It was noted under the reference. Nothing was stored by halves.",
        "Try again. If it stays, give the operator the reference.",
    ),
}
