#!/usr/bin/env python3
# Makes classics.safetensors: what scikit-learn makes of the same data and
# settings. Run it in this folder with Debian's python3-sklearn; only needed to
# make the file again, never to test.
#
# The inputs are float32 here as there; the results are float64, rounded to
# float32 for the file. Where scikit-learn draws random numbers of its own (ties
# between equally good questions of a tree, bootstrap samples), the draws are
# stored, or the script makes sure that they do not matter.
import sys
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.ensemble._forest import _generate_sample_indices
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import (confusion_matrix, precision_recall_fscore_support,
                             roc_auc_score, roc_curve)
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

sys.path.insert(0, "../../../common")
from testing import write_safetensors

warnings.filterwarnings("ignore")
rng = np.random.RandomState(2)
tensors = {}


def keep(name, a):
    tensors[name] = np.ascontiguousarray(np.asarray(a), dtype=np.float32)


def signed(rows):  # the largest entry of each, in size, positive
    rows = np.array(rows)
    at = np.abs(rows).argmax(axis=1)
    return rows * np.sign(rows[np.arange(len(rows)), at])[:, None]


# --- data: 3 classes of 7 features, 151 to learn from and 53 others ----------
N, M, D, K = 151, 53, 7, 3
centres = rng.randn(K, D) * 1.2
label = rng.randint(K, size=N + M)
x = (centres[label] + rng.randn(N + M, D)).astype(np.float32)
x[:, 1] += x[:, 0] / 2  # not independent
x, x2 = x[:N], x[N:]
y, y2 = label[:N], label[N:]
two = (y == 1).astype(int)  # 1 against 0 and 2
number = (x @ rng.randn(D) + 0.3 * rng.randn(N)).astype(np.float32)
keep("x", x), keep("x2", x2), keep("label", y), keep("label2", y2)
keep("number", number)
X, X2 = x.astype(np.float64), x2.astype(np.float64)
target = number.astype(np.float64)

# --- linear ------------------------------------------------------------------
m = LinearRegression().fit(X, target)
keep("least_squares", np.append(m.coef_, m.intercept_))
m = Ridge(alpha=3.5, solver="cholesky").fit(X, target)
keep("ridge", np.append(m.coef_, m.intercept_))
keep("ridge.predict", m.predict(X2))

m = LogisticRegression(C=1 / 0.5, tol=1e-8, max_iter=1000,
                       solver="newton-cg").fit(X, two)
keep("logistic", np.append(m.coef_[0], m.intercept_))
keep("logistic.p", m.predict_proba(X2)[:, 1])
m = LogisticRegression(C=1 / 0.5, tol=1e-8, max_iter=1000,
                       solver="newton-cg", multi_class="multinomial").fit(X, y)
keep("softmax.w", m.coef_), keep("softmax.b", m.intercept_)
keep("softmax.p", m.predict_proba(X2))

LAMBDA = 0.01  # the bias is penalised with the weights, in both
m = LinearSVC(loss="hinge", C=1 / (LAMBDA * N), tol=1e-10, max_iter=10**6,
              intercept_scaling=1).fit(X, two)
margin = (2 * two - 1) * m.decision_function(X)
keep("svm.objective", [LAMBDA / 2 * (m.coef_**2).sum()
                       + LAMBDA / 2 * (m.intercept_**2).sum()
                       + np.maximum(0, 1 - margin).mean()])
keep("svm.score", m.decision_function(X2))

# --- neighbours, Bayes -------------------------------------------------------
m = KNeighborsClassifier(5).fit(X, y)
keep("near", m.kneighbors(X2)[1]), keep("near.p", m.predict_proba(X2))
m = GaussianNB(var_smoothing=1e-3).fit(X, y)
keep("gauss.mean", m.theta_), keep("gauss.var", m.var_)
keep("gauss.p", m.predict_proba(X2))
count = rng.poisson(np.exp(X[:, :5] / 2)).astype(int)
count2 = rng.poisson(np.exp(X2[:, :5] / 2)).astype(int)
keep("count", count), keep("count2", count2)
m = MultinomialNB(alpha=1).fit(count, y)
keep("word.w", m.feature_log_prob_), keep("word.b", m.class_log_prior_)
keep("word.p", m.predict_proba(count2))


# --- trees -------------------------------------------------------------------
def keep_tree(name, t):
    keep(name + ".feature", np.where(t.feature < 0, -1, t.feature))
    keep(name + ".threshold", np.where(t.feature < 0, 0, t.threshold))
    keep(name + ".left", np.where(t.feature < 0, 0, t.children_left))
    keep(name + ".right", np.where(t.feature < 0, 0, t.children_right))


def sure(make):  # none of the draws among equally good questions may matter
    trees = [make(state) for state in range(12)]
    for t in trees[1:]:
        assert len(t.feature) == len(trees[0].feature)
        assert (t.feature == trees[0].feature).all()
        assert (t.threshold == trees[0].threshold).all()
    return trees[0]


t = sure(lambda s: DecisionTreeClassifier(
    max_depth=4, min_samples_leaf=5, random_state=s).fit(X, y).tree_)
keep_tree("tree", t)
value = t.value[:, 0, :]
keep("tree.value", value / value.sum(axis=1, keepdims=True))
t = sure(lambda s: DecisionTreeRegressor(
    max_depth=4, min_samples_leaf=3, random_state=s).fit(X, target).tree_)
keep_tree("number_tree", t)
keep("number_tree.value", t.value[:, 0, 0])
# Ties and repeated values: features rounded to quarters. Which of the equally
# good questions is asked may differ; how good they are may not.
coarse = np.round(X * 4) / 4
m = DecisionTreeClassifier(max_depth=1, random_state=0).fit(coarse, y)
keep("stump.impurity", m.tree_.impurity), keep(
    "stump.count", m.tree_.weighted_n_node_samples)

TREES, DEPTH = 5, 3  # of a larger forest, the first whose ties do not matter
forest = RandomForestClassifier(100, max_depth=DEPTH, max_features=None,
                                random_state=4).fit(X, y)
draws, votes = [], []
for t in forest.estimators_:
    draw = _generate_sample_indices(t.random_state, N, N)
    try:
        sure(lambda s: DecisionTreeClassifier(
            max_depth=DEPTH, random_state=s).fit(X[draw], y[draw]).tree_)
    except AssertionError:
        continue
    draws.append(draw), votes.append(t.predict_proba(X2))
assert len(draws) >= TREES
keep("forest.draw", draws[:TREES])
keep("forest.p", np.mean(votes[:TREES], axis=0))

# The smallest leaves with which ties do not matter in any of the rounds.
for name, labels in (("boost2", two), ("boost3", y)):
    for least in range(5, 50):
        scores = [GradientBoostingClassifier(
            n_estimators=20, learning_rate=0.1, max_depth=2,
            min_samples_leaf=least, random_state=s).fit(X, labels)
            .decision_function(X2) for s in range(6)]
        if max(np.abs(s - scores[0]).max() for s in scores) < 1e-9:
            break
    else:
        raise SystemExit(name + ": ties everywhere")
    keep(name + ".least", [least]), keep(name + ".score", scores[0])

# --- groups and directions ---------------------------------------------------
start = x[[3, 20, 77, 110]]
keep("kmeans.start", start)
m = KMeans(4, init=start.astype(np.float64), n_init=1, tol=0, max_iter=100,
           algorithm="lloyd").fit(X)
keep("kmeans.centre", m.cluster_centers_), keep("kmeans.label", m.labels_)
keep("kmeans.inertia", [m.inertia_])

first = KMeans(3, init=x[[0, 50, 100]].astype(np.float64), n_init=1, tol=0,
               max_iter=2).fit(X).labels_
keep("mixture.label", first)
FLOOR = 1e-3
weight = np.bincount(first) / N
mean = np.array([X[first == c].mean(axis=0) for c in range(3)])
cov = np.array([np.cov(X[first == c].T, bias=True) + FLOOR * np.eye(D)
                for c in range(3)])
m = GaussianMixture(3, reg_covar=FLOOR, max_iter=10, tol=0,
                    weights_init=weight, means_init=mean,
                    precisions_init=np.linalg.inv(cov)).fit(X)
keep("mixture.weight", m.weights_), keep("mixture.mean", m.means_)
keep("mixture.cov", m.covariances_), keep("mixture.bound", [m.lower_bound_])
keep("mixture.density", m.score_samples(X2))

m = PCA(D, svd_solver="full").fit(X)
keep("pca.axis", signed(m.components_))
keep("pca.variance", m.explained_variance_)
WIDE = 97  # wider than Jacobi's own part: block power iteration
wide = (rng.randn(N, 12) * 0.75 ** np.arange(12) * 6
        @ np.linalg.qr(rng.randn(WIDE, 12))[0].T
        + 0.01 * rng.randn(N, WIDE)).astype(np.float32)
m = PCA(6, svd_solver="full").fit(wide.astype(np.float64))
keep("wide", wide[:, :]), keep("wide.axis", signed(m.components_))
keep("wide.variance", m.explained_variance_)

# --- judging -----------------------------------------------------------------
score = np.round(X2[:, 0] + (y2 == 1), 1).astype(np.float32)  # with ties
truth = (y2 == 1).astype(int)
fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
keep("roc.score", score), keep("roc.x", fpr), keep("roc.y", tpr)
keep("roc.auc", [roc_auc_score(truth, score)])
guess = (score > 0.5).astype(int)
keep("judge.guess", guess), keep("judge.truth", truth)
keep("judge.table", confusion_matrix(truth, guess))
keep("judge.found", precision_recall_fscore_support(
    truth, guess, average="binary")[:3])

write_safetensors("classics.safetensors", tensors)
