"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

from reproduce.papers.kaur2021.observed.answers import answers
from reproduce.papers.kaur2021.sets.levels import CorrectedModel
from reproduce.workflow import served_model

served_model.serve(CorrectedModel.load, lambda networks, clusters, params: answers(networks, clusters))
