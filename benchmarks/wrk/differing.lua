-- No request twice: the paths of the file in turn, each with a number that never comes back.
-- Arguments: tag, round, file of paths that already have a query.

dofile("summary.lua")

local paths, tag, sent = {}, "", 0

function init(arguments)
  tag = arguments[1] .. "-" .. arguments[2] .. "-"
  for path in io.lines(arguments[3]) do
    paths[#paths + 1] = path
  end
  sent = tonumber(arguments[2]) * 7919 -- so that each round starts at another page
end

function request()
  sent = sent + 1
  return wrk.format("GET", paths[sent % #paths + 1] .. "&_=" .. tag .. sent)
end
