local large = 0
function process_message()
  local status = read_message("Fields[status]")
  local addr = read_message("Fields[remote_addr]")
  local method = read_message("Fields[request_method]")
  local size = read_message("Fields[body_bytes_sent]")
  local typ = read_message("Type")
  if status == 200 and size > 4096 and method == "GET" and addr ~= "" and typ ~= "" then
    large = large + 1
  end
  return 0
end
