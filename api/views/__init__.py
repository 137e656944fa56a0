"""HTTP views beside the JSON API: tokens, contract, proxies."""
