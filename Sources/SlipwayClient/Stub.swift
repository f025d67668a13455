// SlipwayClient
