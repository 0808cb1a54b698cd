local seen = {}
function process_message()
  local status = read_message("Fields[status]")
  seen[status] = (seen[status] or 0) + 1
  return 0
end
