"""Fits two models to a table made on the spot."""

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

features, labels = make_classification(n_samples=200, n_features=8, random_state=1)
for model in (LogisticRegression(), RandomForestClassifier(n_estimators=20, random_state=1)):
    print(type(model).__name__, model.fit(features, labels).score(features, labels))
