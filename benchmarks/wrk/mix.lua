-- What a day looks like: 90 % lists (of the first two pages), 8 % single reads, 2 % writes, of any workspace.
-- Arguments: tag, round, file of workspaces: a line each, the key and then the ids, with spaces between.

dofile("summary.lua")

local LISTS, READS = 90, 98
local PROJECTS = "/craftdesk/v1/projects"

local workspaces, name, sent = {}, "", 0

function init(arguments)
  name = "Mix " .. arguments[1] .. "-" .. arguments[2] .. "-"
  math.randomseed(tonumber(arguments[2])) -- every contender is asked the same
  for line in io.lines(arguments[3]) do
    local key, ids = line:match("^(%S+) (.*)$")
    local workspace = { ids = {}, headers = {
      ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" } }
    for id in ids:gmatch("%S+") do
      workspace.ids[#workspace.ids + 1] = id
    end
    workspaces[#workspaces + 1] = workspace
  end
end

function request()
  local workspace = workspaces[math.random(#workspaces)]
  local chance = math.random(100)
  if chance <= LISTS then
    return wrk.format("GET", PROJECTS .. "?per_page=20&page=" .. math.random(2), workspace.headers)
  elseif chance <= READS then
    return wrk.format("GET", PROJECTS .. "/" .. workspace.ids[math.random(#workspace.ids)], workspace.headers)
  end
  sent = sent + 1
  return wrk.format("POST", PROJECTS, workspace.headers, '{"name": "' .. name .. sent .. '"}')
end
