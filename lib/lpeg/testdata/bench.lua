-- Usage: lua5.1 bench.lua, in this folder: prints nanoseconds a line of LPeg in C, to
-- compare with `go test -bench Nginx`.
dofile "nginx.lua"
for _, name in ipairs{"plain", "simple", "named", "ip"} do
  local p, n = _G[name], 300000
  local start = os.clock()
  for i = 1, n do assert(match(p, lines[i % 3 + 1])) end
  print(("%-8s %5.0f ns"):format(name, (os.clock() - start) / n * 1e9))
end
