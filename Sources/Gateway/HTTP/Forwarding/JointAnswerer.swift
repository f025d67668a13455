/// Hands each request to the interface that its route belongs to.
package struct JointAnswerer: ManagementAnswerer {
    private let management: any ManagementAnswerer
    private let mlflow: any ManagementAnswerer

    package init(management: any ManagementAnswerer, mlflow: any ManagementAnswerer) {
        self.management = management
        self.mlflow = mlflow
    }

    package func answer(_ request: ForwardedRequest) async -> Answer {
        request.match.route.answerer == .mlflow ? await mlflow.answer(request) : await management.answer(request)
    }
}
