#!/usr/bin/env python3
"""A client from outside: stubs made by plain protoc, python3-grpcio, and python3-cryptography for
the act signature.

Makes a funding request and reads a budget line's balance over mutual TLS, with nothing of ours but
the proto files. Run by python_client_test.cc, which starts the node.

    python_client.py STUBS OFFICER_FOLDER ENDPOINT TRUST_DOMAIN BUDGET_LINE
"""
import datetime
import hashlib
import sys
import time
import uuid

import grpc
from cryptography.hazmat.primitives import serialization


def act_metadata(key, trust_domain, method, request_bytes):
    """The officer's own signature over exactly these request bytes (ledger format, section 1)."""
    from chapter8.type.v1 import act_signature_pb2
    not_after = int(time.time()) + 86400 * 3
    statement = "\n".join([
        "chapter8/act/v1", f"{trust_domain}/ch8/finance", method,
        hashlib.sha256(request_bytes).hexdigest(), str(not_after)]).encode()
    act = act_signature_pb2.ActSignature(
        public_key=key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw),
        not_after_unix_seconds=not_after, signature=key.sign(statement))
    return (("ch8-act-bin", act.SerializeToString()),)


def main():
    stubs, officer, endpoint, trust_domain, budget_line = sys.argv[1:6]
    sys.path.insert(0, stubs)
    from chapter8.finance.v1 import finance_pb2, finance_service_pb2

    def read(name):
        with open(f"{officer}/{name}", "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(read("ca.pem"), read("tls.key"), read("tls.pem"))
    key = serialization.load_pem_private_key(read("act.key"), password=None)
    channel = grpc.secure_channel(
        endpoint, credentials, options=[("grpc.ssl_target_name_override", "localhost")])

    def call(method, request, response_type, signed=False):
        request_bytes = request.SerializeToString()
        rpc = channel.unary_unary(method, request_serializer=lambda raw: raw,
                                  response_deserializer=response_type.FromString)
        metadata = act_metadata(key, trust_domain, method, request_bytes) if signed else ()
        return rpc(request_bytes, metadata=metadata, timeout=10)

    line = finance_pb2.BudgetLine
    before = call("/chapter8.finance.v1.BudgetService/GetBudgetLine",
                  finance_service_pb2.GetBudgetLineRequest(name=budget_line), line)
    request = finance_service_pb2.MakeRequestRequest(request_id=str(uuid.uuid4()))
    request.resource.addressee = "organizations/un"
    request.resource.operation = before.operation
    request.resource.budget_line = budget_line
    request.resource.amount.currency_code = before.currency_code
    request.resource.amount.amount_minor = 12345600
    needed_by = datetime.date.today() + datetime.timedelta(days=60)
    request.resource.needed_by.year = needed_by.year
    request.resource.needed_by.month = needed_by.month
    request.resource.needed_by.day = needed_by.day
    method = "/chapter8.finance.v1.RequestService/MakeRequest"
    made = call(method, request, finance_pb2.FundingRequest, signed=True)
    again = call(method, request, finance_pb2.FundingRequest, signed=True)
    assert again == made, "a retry with the same id and body gets the first answer"
    try:
        call(method, request, finance_pb2.FundingRequest, signed=False)
        raise AssertionError("an unsigned act was taken")
    except grpc.RpcError as refused:
        assert refused.code() == grpc.StatusCode.UNAUTHENTICATED, refused
    print(f"{made.name} {made.amount.amount_minor} {before.received_minor}")


if __name__ == "__main__":
    main()
