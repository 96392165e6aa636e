"""Groups a table, and writes and reads it as text: what most uses of pandas load."""

import io

import pandas as pd

table = pd.DataFrame(
    {
        "at": pd.date_range("2026-01-01", periods=48, freq="h"),
        "room": ["a", "b"] * 24,
        "c": range(48),
    }
)
text = table.to_csv(index=False)
again = pd.read_csv(io.StringIO(text), parse_dates=["at"])
print(again.groupby("room")["c"].mean().to_dict())
print(again.set_index("at")["c"].resample("6h").sum().tolist())
