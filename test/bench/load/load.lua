-- What wrk sends, in its one thread: the requests of a file, one after the other, again and again.
local requests = {}
local index = 0

function init(arguments)
  local file = assert(io.open(arguments[1], 'rb'))
  for text in file:read('*a'):gmatch('[^%z]+') do
    requests[#requests + 1] = text
  end
  file:close()
  -- The time of the slice begins.
  io.stderr:write('ready\n')
end

function request()
  index = index % #requests + 1
  return requests[index]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '{"answered":%d,"bytes":%d,"refused":%d,"failed":%d}',
    summary.requests, summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
