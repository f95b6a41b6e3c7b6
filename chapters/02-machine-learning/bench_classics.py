# The peer of bench_classics.c: the same methods and settings in scikit-learn.
# bench_classics.py METHOD DATA NOTE: trains once, writes into the file NOTE the
# share of the new digits that it reads rightly (for k-means the sum of
# squares, for PCA the variance) and prints a line; then trains once more and
# prints a line for each line it reads. DATA: float32, first the numbers of
# digits to learn from, of new ones and of pixels, then all labels, then all
# pixels.
import os
import sys
import warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "2"
warnings.filterwarnings("ignore")

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

method, path, note = sys.argv[1:4]
raw = np.fromfile(path, dtype=np.float32)
n, m, d = raw[:3].astype(int)
label = raw[3:3 + n + m].astype(int)
pixel = raw[3 + n + m:].reshape(n + m, d)
x, y, x2, y2 = pixel[:n], label[:n], pixel[n:], label[n:]


class Clouds:
    """One Gaussian for each class, with its own covariance."""

    def fit(self, x, y):
        self.cloud = [GaussianMixture(1, reg_covar=0.05).fit(x[y == c])
                      for c in range(10)]
        self.prior = np.log(np.bincount(y) / len(y))
        return self

    def predict(self, x):
        return np.argmax([c.score_samples(x) + p for c, p in
                          zip(self.cloud, self.prior)], axis=0)


make = {
    "ridge": lambda: RidgeClassifier(alpha=100, solver="cholesky"),
    "softmax": lambda: LogisticRegression(C=1 / 10, max_iter=100),
    "svm": lambda: SGDClassifier(alpha=1e-3, max_iter=5, tol=None,
                                 average=True, random_state=1, n_jobs=2),
    "gauss-bayes": lambda: GaussianNB(var_smoothing=0.1),
    "word-bayes": lambda: MultinomialNB(alpha=1),
    "neighbours": lambda: KNeighborsClassifier(3),
    "tree": lambda: DecisionTreeClassifier(random_state=1),
    "forest": lambda: RandomForestClassifier(100, n_jobs=2, random_state=1),
    "boosting": lambda: GradientBoostingClassifier(
        n_estimators=60, max_depth=3, max_features="sqrt", random_state=1),
    "mixture": lambda: make_pipeline(PCA(40, random_state=1), Clouds()),
    "pca-neighbours": lambda: make_pipeline(PCA(40, random_state=1),
                                            KNeighborsClassifier(3)),
    "kmeans": lambda: KMeans(10, init=x[:10], n_init=1, max_iter=30, tol=0,
                             algorithm="lloyd"),
    "pca": lambda: PCA(40, random_state=1),
}[method]


def train():
    return make().fit(x, y)


model = train()
with open(note, "w") as f:
    if method == "kmeans":
        f.write(f"{model.inertia_:.9g}\n")
    elif method == "pca":
        f.write(f"{model.explained_variance_.sum():.9g}\n")
    else:
        f.write(f"{(model.predict(x2) == y2).mean():.9g}\n")
print(flush=True)
for _ in sys.stdin:
    train()
    print(flush=True)
