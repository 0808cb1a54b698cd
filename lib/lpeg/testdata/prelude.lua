-- Runs each of `chunks` with LPeg's functions as locals, and hands `show` one line
-- that says what it returned, the same in any Lua.
local lpeg, re = require "lpeg", require "re"
local names = {"P", "R", "S", "V", "B", "C", "Cc", "Cb", "Cf", "Cg", "Cp", "Cs", "Ct",
  "Cmt", "Carg", "match", "locale", "setmaxstack"}
local values = {lpeg, re}
for i, name in ipairs(names) do values[i + 2] = lpeg[name] end
local head = "local lpeg, re, " .. table.concat(names, ", ") .. " = ... "

local function text(v, depth)
  local t = type(v)
  if t == "string" then
    return '"' .. v:gsub('[^%w%p ]', function(c) return "\\" .. c:byte() end) .. '"'
  elseif t == "number" then
    if v ~= v then return "nan" end
    return ("%.14g"):format(v)
  elseif t == "table" and depth < 5 then
    local out = {}
    for k, x in pairs(v) do
      out[#out + 1] = "[" .. text(k, depth + 1) .. "]=" .. text(x, depth + 1)
    end
    table.sort(out)
    return "{" .. table.concat(out, " ") .. "}"
  elseif t == "nil" or t == "boolean" then
    return tostring(v)
  end
  return t
end

local function line(ok, ...)
  if not ok then
    local e = ...
    if type(e) == "string" then e = e:gsub("^[^:\n]*:%d+: ", "") end
    return "error " .. text(e, 0)
  end
  local out = {}
  for i = 1, select("#", ...) do out[i] = text((select(i, ...)), 0) end
  return table.concat(out, ", ")
end

for _, chunk in ipairs(chunks) do
  local f, err = loadstring(head .. chunk, "=chunk")
  lpeg.setmaxstack(400)
  if f then
    show((line(pcall(f, unpack(values)))))
  else
    show("does not compile")
  end
end
