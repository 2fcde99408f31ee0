"""AWS Signature Version 4, as a service computes it. Source: docs.aws.amazon.com, "Create a signed AWS API request"."""
import hashlib
import hmac


def is_signature(given, secret, scope, when, canonical):
    """Whether `given` (hex) signs the canonical request; scope is (day, region, service), when the request's x-amz-date."""
    scope = (*scope, "aws4_request")
    to_sign = "\n".join(["AWS4-HMAC-SHA256", when, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest(), given)
