"""Questions about pages: cold visits, boards, forms, thumbnails, throughput."""
