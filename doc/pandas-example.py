# SPDX-License-Identifier: GPL-2.0-only
# Mean and 95 % interval of a metric for each value of a factor: python3 doc/pandas-example.py DIR FACTOR METRIC
import sqlite3, sys
import pandas as pd

directory, factor, metric = sys.argv[1:]
with sqlite3.connect(f"{directory}/results.sqlite") as db:
    runs = pd.read_sql("SELECT * FROM wide", db)                            # a row a run; factors, metrics and means as columns
    student = pd.read_sql("SELECT df, t FROM student_t", db, index_col="df").t
table = runs.groupby(factor)[metric].agg(["count", "mean", "std"])
table["half95"] = table["std"] / table["count"] ** 0.5 * [student[:n - 1].iloc[-1] for n in table["count"]]
print(table.to_csv())
