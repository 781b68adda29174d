-- The request of a Go Micro client, for wrk. The endpoint comes from BENCH_ENDPOINT.
local endpoint = os.getenv("BENCH_ENDPOINT") or "Greeter.SayHello"
wrk.method = "POST"
wrk.path = "/"
wrk.body = "\n\4John"
wrk.headers["User-Agent"] = "Go-http-client/1.1"
wrk.headers["Accept"] = "application/protobuf"
wrk.headers["Content-Type"] = "application/protobuf"
wrk.headers["Micro-Endpoint"] = endpoint
wrk.headers["Micro-From-Service"] = "bench"
wrk.headers["Micro-Id"] = "0"
wrk.headers["Micro-Method"] = endpoint
wrk.headers["Micro-Service"] = "greeter"
wrk.headers["Timeout"] = "5000000000"
