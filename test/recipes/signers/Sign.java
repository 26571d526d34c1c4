// Signs links: reads a line of JSON for each, and writes its URL. Java 17.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Sign {
    // [signer]
    static String sign(String secret, String base, String id, long expires, List<String[]> terms) throws Exception {
        String t = terms.stream().map(pair -> pair[0] + "." + pair[1]).sorted().collect(Collectors.joining("."));
        boolean several = terms.stream().anyMatch(pair -> List.of("id", "pre", "in").contains(pair[0]));
        String text = (several ? "*" : id) + "|" + expires + (t.isEmpty() ? "" : "|" + t);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
        String sig = HexFormat.of().formatHex(mac.doFinal(text.getBytes(UTF_8)));
        String middle = t.isEmpty() ? "" : "&terms=" + URLEncoder.encode(t, UTF_8);
        return base + "/" + URLEncoder.encode(id, UTF_8) + "?expires=" + expires + middle + "&sig=" + sig;
    }
    // [/signer]

    /** The texts of the line are what stands between quotation marks, as none of them contains one. */
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] parts = line.split("\"");
            List<String[]> terms = new ArrayList<>();
            for (int at = 17; at + 2 < parts.length; at += 4) terms.add(new String[] {parts[at], parts[at + 2]});
            long expires = Long.parseLong(parts[14].replaceAll("\\D", ""));
            System.out.println(sign(parts[3], parts[7], parts[11], expires, terms));
        }
    }
}
