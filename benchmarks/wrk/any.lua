-- The first page of any workspace, with any key, and a number that never comes back: no answer is found in memory.
-- Arguments: tag, round, file of keys: a line each, the key and then what is not needed here.

dofile("summary.lua")

local keys, tag, sent = {}, "", 0

function init(arguments)
  tag = arguments[1] .. "-" .. arguments[2] .. "-"
  math.randomseed(tonumber(arguments[2]))
  for line in io.lines(arguments[3]) do
    keys[#keys + 1] = { ["Authorization"] = "Bearer " .. line:match("^%S+") }
  end
end

function request()
  sent = sent + 1
  return wrk.format("GET", "/craftdesk/v1/projects?per_page=20&_=" .. tag .. sent, keys[math.random(#keys)])
end
