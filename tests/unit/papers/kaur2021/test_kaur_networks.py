"""The networks of Kaur et al. (2021): their size, and what they read."""

import pytest

import data_manifests
from reproduce.papers.kaur2021.networks.architecture import build
from reproduce.workflow.errors import InputError

PUBLISHED = data_manifests.load("kaur2021/published")


@pytest.mark.parametrize("convolutions", [2, 4])
def test_the_published_parameters_in_both_readings(convolutions):
    network = build("one_channel", convolutions=convolutions)
    assert network.count_params() == {2: 92_801, 4: 420_865}[convolutions]
    # the paper's count has the output layer's 129 twice
    output = network.get_layer("label").count_params()
    assert output == PUBLISHED["parameters_output"]["value"]
    assert network.count_params() + output == PUBLISHED[f"parameters_{convolutions}_convolutions"]["value"]
    assert network.get_layer("conv1").count_params() == PUBLISHED["parameters_first_convolution"]["value"]
    assert network.get_layer("conv2").count_params() == PUBLISHED["parameters_second_convolution"]["value"]
    if convolutions == 2:  # a stride of 1, as the text has it, is another network
        assert build("one_channel", pool_stride=1).count_params() == 223_873
    # the second channel adds one kernel of 3 x 3 to each of the 32 filters
    assert build("two_channel", convolutions=convolutions).count_params() == network.count_params() + 9 * 32


def test_maps_too_small_are_refused():
    with pytest.raises(InputError, match=r"maps\.cells=9: 4 convolutions need maps of 10 x 10"):
        build("one_channel", cells=9, convolutions=4)
