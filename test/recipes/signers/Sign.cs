// Signs links: reads a line of JSON for each, and writes its URL.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

static class Program
{
    // [signer]
    static string Sign(string secret, string baseUrl, string id, long expires, IList<string[]> terms)
    {
        var pairs = terms.Select(pair => pair[0] + "." + pair[1]);
        var t = string.Join(".", pairs.OrderBy(pair => pair, StringComparer.Ordinal));
        var several = terms.Any(pair => new[] { "id", "pre", "in" }.Contains(pair[0]));
        var text = (several ? "*" : id) + "|" + expires + (t == "" ? "" : "|" + t);
        var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret));
        var mac = hmac.ComputeHash(Encoding.UTF8.GetBytes(text));
        var sig = BitConverter.ToString(mac).Replace("-", "").ToLowerInvariant();
        var middle = t == "" ? "" : "&terms=" + Uri.EscapeDataString(t);
        return baseUrl + "/" + Uri.EscapeDataString(id) + "?expires=" + expires + middle + "&sig=" + sig;
    }
    // [/signer]

    /// The texts of the line are what stands between quotation marks, as none of them contains one.
    static void Main()
    {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(false);
        for (string line; (line = Console.ReadLine()) != null;)
        {
            var parts = line.Split('"');
            var terms = new List<string[]>();
            for (var at = 17; at + 2 < parts.Length; at += 4) terms.Add(new[] { parts[at], parts[at + 2] });
            var expires = long.Parse(parts[14].Trim(':', ','));
            Console.WriteLine(Sign(parts[3], parts[7], parts[11], expires, terms));
        }
    }
}
