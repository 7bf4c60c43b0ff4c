"""The only wing that speaks to OpenPhone: pacing, patience, requests, answers."""
