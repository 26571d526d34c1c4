<?php
// Signs links: reads a line of JSON for each, and writes its URL.

// [signer]
function sign(string $secret, string $base, string $id, int $expires, array $terms = []): string {
    usort($terms, fn($one, $other) => strcmp($one[0], $other[0]));
    $t = implode('.', array_map(fn($pair) => "$pair[0].$pair[1]", $terms));
    $several = array_intersect(array_column($terms, 0), ['id', 'pre', 'in']);
    $text = ($several ? '*' : $id) . "|$expires" . ($t === '' ? '' : "|$t");
    $sig = hash_hmac('sha256', $text, $secret);
    $query = "expires=$expires" . ($t === '' ? '' : '&terms=' . rawurlencode($t)) . "&sig=$sig";
    return "$base/" . rawurlencode($id) . "?$query";
}
// [/signer]

while (($line = fgets(STDIN)) !== false) {
    $given = json_decode($line, true);
    echo sign($given['secret'], $given['baseUrl'], $given['id'], $given['expires'], $given['terms']), "\n";
}
