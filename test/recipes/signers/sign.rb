# Signs links: reads a line of JSON for each, and writes its URL.
require 'erb'
require 'json'
require 'openssl'

# [signer]
def sign(secret, base, id, expires, terms = [])
  t = terms.sort.map { |name, value| "#{name}.#{value}" }.join('.')
  several = terms.any? { |name, _| %w[id pre in].include?(name) }
  text = "#{several ? '*' : id}|#{expires}" + (t.empty? ? '' : "|#{t}")
  sig = OpenSSL::HMAC.hexdigest('SHA256', secret, text)
  query = "expires=#{expires}" + (t.empty? ? '' : "&terms=#{ERB::Util.url_encode(t)}") + "&sig=#{sig}"
  "#{base}/#{ERB::Util.url_encode(id)}?#{query}"
end
# [/signer]

$stdin.set_encoding('UTF-8')
$stdin.each_line do |line|
  given = JSON.parse(line)
  puts sign(given['secret'], given['baseUrl'], given['id'], given['expires'], given['terms'])
end
