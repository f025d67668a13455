-- Load for wrk: every connection posts the same body; the summary is printed as one line of JSON.
-- usage: wrk ... -s post.lua URL -- BODYFILE [LENGTH OF THE JSON BEFORE BINARY TENSORS, OR -] [KEY]
-- Without a file every connection asks with GET.

function init(arguments)
    if #arguments == 0 then return end
    local file = assert(io.open(arguments[1], "rb"))
    wrk.method = "POST"
    wrk.body = file:read("*a")
    wrk.headers["Content-Type"] = "application/json"
    if arguments[2] and arguments[2] ~= "-" then
        wrk.headers["Content-Type"] = "application/octet-stream"
        wrk.headers["Inference-Header-Content-Length"] = arguments[2]
    end
    if arguments[3] then wrk.headers["Authorization"] = "Bearer " .. arguments[3] end
    file:close()
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %f, "p50_us": %f, "p99_us": %f, "socket_errors": %d, "bad_status": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
