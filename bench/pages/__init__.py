"""Benchmarks of pages: cold visits, boards, forms, thumbnails, throughput."""
