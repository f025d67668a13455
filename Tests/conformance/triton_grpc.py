"""`tritonclient.grpc`, unmodified, beside kserve: both bring messages of the same names, which one descriptor pool cannot
hold. The client's messages get a pool of their own, whichever of the two is imported first."""

from google.protobuf import descriptor_pool

_default, _own = descriptor_pool.Default, descriptor_pool.DescriptorPool()
descriptor_pool.Default = lambda: _own
try:
    import tritonclient.grpc as sync
    import tritonclient.grpc.aio as aio
    from tritonclient.grpc import service_pb2 as messages
    from tritonclient.grpc import service_pb2_grpc as stubs
finally:
    descriptor_pool.Default = _default

__all__ = ["aio", "messages", "stubs", "sync"]
