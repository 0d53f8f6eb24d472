-- A new object with each request, under a name that no other has.
-- Arguments: tag, round, file whose one line is the body, with @ where the name's own part goes.

dofile("summary.lua")

local head, tail, sent = "", "", 0

function init(arguments)
  local body = io.lines(arguments[3])()
  local at = body:find("@", 1, true)
  head = body:sub(1, at - 1) .. arguments[1] .. "-" .. arguments[2] .. "-"
  tail = body:sub(at + 1)
end

function request()
  sent = sent + 1
  return wrk.format("POST", nil, nil, head .. sent .. tail)
end
