# http_get.bash HOST PORT [PATH]: prints the body of a GET; fails unless the answer is 200 within five seconds.
# (busybox-static's own wget crashes in the C library's resolver on a host with name services.)
if [ -z "${HTTP_GET_INNER-}" ]; then
	HTTP_GET_INNER=1 exec timeout 5 bash "$0" "$@"
fi
exec 3<>"/dev/tcp/$1/$2" || exit 1
printf 'GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n' "${3-}" "$1" >&3
IFS=' ' read -r _ code _ <&3 || exit 1
while IFS= read -r line <&3 && [ "${line%$'\r'}" != "" ]; do :; done
cat <&3
[ "$code" = 200 ]
